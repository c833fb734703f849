/**
 * An order's events as they happen. Read by hand and not with EventSource, which gives up at the
 * first answer that is no stream: after any cut this asks again, for what comes after the last
 * event that it has seen.
 */

/** @import { OrderEvent } from './types.d.ts' */

// Soon enough for somebody who watches, and little work for whoever is just starting.
const PAUSE_MS = 1_000;

/**
 * @param {string} path
 * @param {{ onEvent: (event: OrderEvent) => void, onState: (isOpen: boolean) => void }} told
 */
export function follow(path, { onEvent, onState }) {
  const leaving = new AbortController();
  const { signal } = leaving;
  let seen = '';
  let isFollowing = false;

  async function run() {
    if (isFollowing) return;
    isFollowing = true;
    while (!signal.aborted && (await once())) await pause();
    isFollowing = false;
  }

  /** Whether there may be more. */
  async function once() {
    const headers = { Accept: 'text/event-stream', ...(seen && { 'Last-Event-ID': seen }) };
    const answer = await fetch(path, { headers, signal, cache: 'no-store' }).catch(() => undefined);
    if (answer === undefined || answer.status >= 500 || answer.status === 429) {
      onState(false);
      return true;
    }
    onState(true);
    // 204: nothing follows. Any other answer than a stream says that there is none to be had.
    if (answer.status !== 200 || answer.body === null) return false;
    await read(answer.body).catch(() => undefined);
    return true;
  }

  /** @param {ReadableStream<Uint8Array>} body */
  async function read(body) {
    const [reader, decoder] = [body.getReader(), new TextDecoder()];
    let text = '';
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      const messages = (text + decoder.decode(piece.value, { stream: true })).split('\n\n');
      text = messages.pop() ?? '';
      for (const message of messages) hear(message);
    }
  }

  /** @param {string} message */
  function hear(message) {
    const data = /^data: (.*)$/m.exec(message)?.[1];
    if (data === undefined || signal.aborted) return;
    /** @type {unknown} */
    const said = JSON.parse(data);
    const event = /** @type {OrderEvent} */ (said);
    seen = event.id;
    onEvent(event);
  }

  return {
    /** At first, and for what has been asked for since, such as a refund. */
    go: () => void run(),
    leave: () => leaving.abort(),
  };
}

function pause() {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
