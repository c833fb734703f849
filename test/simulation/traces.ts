/** Errors are ordinary in a simulation, and nobody reads where they come from. */
export function withoutTraces(): void {
  const { stackTraceLimit } = Error;
  before(() => (Error.stackTraceLimit = 0));
  after(() => (Error.stackTraceLimit = stackTraceLimit));
}
