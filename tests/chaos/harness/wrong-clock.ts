/** Settings of a worker whose wall clock is wrong, as after a jump; its monotonic clock is right. */
export function wrongClock(skewMs: number): Readonly<Record<string, string>> {
  const code = `const Right = Date; globalThis.Date = class extends Right {
    constructor(...given) { if (given.length > 0) super(...given); else super(Right.now() + ${skewMs}); }
    static now() { return Right.now() + ${skewMs}; } };`;
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}` };
}
