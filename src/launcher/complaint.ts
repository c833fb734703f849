/**
 * What a person can put right: the message is the whole of it, one line, and no stack is printed.
 * Anything else that is thrown here is our bug and is shown as one.
 */
export class Complaint extends Error {}

/** The code that Node puts on a system error, like EADDRINUSE. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
