export interface Strace {
  readonly command: string;
  readonly libraryPath: string;
}
export async function findStrace(): Promise<Strace> {
  return { command: 'strace', libraryPath: '' };
}
