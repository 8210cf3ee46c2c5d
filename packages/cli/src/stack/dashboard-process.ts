import { superviseService, type ServiceOptions, type ServiceProcess } from './service-process.ts';

/** Long enough on a busy machine: nobody wants to wait longer for a stack whose dashboard is broken. */
const READY_MAX_MS = 15_000;

export interface DashboardProcess {
  readonly process: ServiceProcess;
  /** Resolves with its address, or with null when it has not come up. Never rejects. */
  readonly url: Promise<string | null>;
}

/**
 * Starts the dashboard of a stack and keeps it running. When it cannot be kept running, this is said, and the stack goes on:
 * runs do not need it.
 */
export function superviseDashboard(
  options: Omit<ServiceOptions, 'name' | 'service' | 'onBroken'>,
): DashboardProcess {
  let tell: (url: string | null) => void = () => undefined;
  const url = new Promise<string | null>((resolve) => {
    tell = resolve;
    setTimeout(() => resolve(null), READY_MAX_MS).unref();
  });
  const process = superviseService({
    ...options,
    name: 'dashboard',
    service: 'dashboard',
    onBroken: (error) => {
      options.log(
        `The dashboard cannot run: ${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}`,
      );
      tell(null);
    },
    onMessage: (message) => tell(addressIn(message)),
  });
  return { process, url };
}

function addressIn(message: unknown): string | null {
  const isAddress = typeof message === 'object' && message !== null && 'dashboardUrl' in message;
  return isAddress && typeof message.dashboardUrl === 'string' ? message.dashboardUrl : null;
}
