/**
 * Mail over SMTP, at least once: SMTP has no idempotency key, so the fixed Message-ID is how a
 * repeat is told. Greeting a mail server costs more than the mail, so connections are kept a while.
 */
import { createTransport } from 'nodemailer';
import type { Mailer } from '../../activities/ports.ts';
import { Unavailable } from '../../domain/wrong.ts';

// As many mails at once as a mail server commonly takes from one sender.
const CONNECTIONS = 10;

// An open connection keeps the process alive: short, so that a worker that is done ends soon.
const IDLE_MS = 2_000;

export function createMailer({ url, from }: { url: string; from: string }): Mailer {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: CONNECTIONS,
    idleTimeout: IDLE_MS,
    // Retries are the engine's: a mail whose connection broke may have arrived.
    maxRequeues: 0,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ messageId, to, subject, text }, { timeoutMs }) {
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        await transport.sendMail({
          messageId,
          from,
          to,
          subject,
          text,
          // Keeps out-of-office answers away from the shop's address.
          headers: { 'Auto-Submitted': 'auto-generated' },
          signal,
        });
      } catch (error) {
        throw new Unavailable(`Mail ${messageId}: ${why(error, signal)}`);
      }
    },
  };
}

/**
 * Also a permanent refusal is `Unavailable`: the order is paid and shipped, so the receipt waits
 * for an operator rather than undoing it. The server's words are told, addresses never.
 */
function why(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'no answer in time';
  const { response, code } = error as { response?: unknown; code?: unknown };
  if (typeof response === 'string') {
    return `the mail server answered "${response.replace(/[^\s<>]+@[^\s<>]+/g, '…')}"`;
  }
  return `the mail server could not be reached (${String(code)})`;
}
