/** How long a client is ready to wait: `Prefer: wait=N` (RFC 7240), 0 to 30 seconds. */

// Below what proxies on the way cut a silent request after.
export const LONGEST_WAIT_SECONDS = 30;

/** Undefined when there is no such preference, or one outside the limits: it is then ignored. */
export function preferredWait(header: string | undefined): number | undefined {
  const seconds = WAIT.exec(header ?? '')?.[1];
  if (seconds === undefined || Number(seconds) > LONGEST_WAIT_SECONDS) return undefined;
  return Number(seconds);
}

const WAIT = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,3})"?\s*(?:[,;]|$)/i;
