/** Time and chance, as one port: tests of what is tried again when need not wait for it. */

export interface Clock {
  now(): number;
  /** 0 up to 1. */
  random(): number;
  /** Rejects with the signal's reason once it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Acts later, unless the function that it answers is called before. */
  after(ms: number, act: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const abort = () => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abort);
        resolve();
      }, ms);
      if (signal?.aborted) abort();
      else signal?.addEventListener('abort', abort, { once: true });
    }),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

/** A signal that aborts with the caller's, or once something takes too long. */
export interface Limit {
  readonly signal: AbortSignal;
  /** Whatever is awaited may take so long; 0 for as long as it likes. */
  allow(ms: number): void;
  /** Lets go of the caller's signal, and of the time. */
  end(): void;
}

export function limited(clock: Clock, signal?: AbortSignal): Limit {
  const controller = new AbortController();
  const follow = () => controller.abort(signal?.reason);
  let stop: () => void = () => undefined;
  if (signal?.aborted) follow();
  else signal?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    allow(ms) {
      stop();
      const late = () => controller.abort(new Error(`nothing came within ${ms} ms`));
      stop = ms === 0 ? () => undefined : clock.after(ms, late);
    },
    end() {
      stop();
      signal?.removeEventListener('abort', follow);
    },
  };
}
