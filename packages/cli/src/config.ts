/** What the CLI itself takes from the environment; settings shared with the services are in `local-config.ts`. */
export interface CliEnvironment {
  /** `NO_COLOR`, whatever its value unless empty (no-color.org), or a terminal that knows no colours. */
  readonly colourForbidden: boolean;
  /** `MILLRACE_DEBUG=1`: errors are printed with stack and causes. */
  readonly debug: boolean;
  /** Everything, to be passed on to the processes that the CLI starts. */
  readonly variables: Readonly<NodeJS.ProcessEnv>;
}

export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): CliEnvironment {
  return {
    colourForbidden: (variables['NO_COLOR'] ?? '') !== '' || variables['TERM'] === 'dumb',
    debug: (variables['MILLRACE_DEBUG'] ?? '0') !== '0',
    variables,
  };
}
