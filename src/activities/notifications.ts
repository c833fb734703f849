/** Words to the customer: the receipt as a step of the saga, all other mails from the outbox. */
import type { OrderRef } from '../domain/order.ts';
import { farewell, receipt } from './mails.ts';
import type { Deps, Mailer, Outbox, OutboxMail } from './ports.ts';
import { settle, wholeBudget } from './step.ts';

export function notifications(deps: Deps) {
  const { book, mailer } = deps;
  return {
    async sendReceipt({ id }: OrderRef): Promise<void> {
      const begun = await book.beginReceipt(id);
      if (begun.state !== 'open') return void settle(begun);
      await mailer.send(receipt(id, begun.work), wholeBudget(deps));
      settle(await book.recordReceipt(id));
    },
  };
}

// As many as the mailer has connections: all of a lease are sent at once.
const MAILS_PER_LEASE = 10;

// A server that takes long to say yes has most often taken the mail: who gives up early sends it again.
const MAIL_TIMEOUT_MS = 20_000;

// With time to note what came of it.
const LEASE_MS = MAIL_TIMEOUT_MS + 10_000;

/**
 * Sends what is due and answers how many were. A mail that cannot be sent is due again soon, and one
 * whose sender has died when its lease ends; under the same Message-ID: at least once, as SMTP has it.
 * One that cannot be sent holds up no other.
 */
export async function sendDueMails(
  outbox: Outbox,
  mailer: Mailer,
  failed: (mail: OutboxMail, error: unknown) => void,
): Promise<number> {
  const due = await outbox.lease(MAILS_PER_LEASE, LEASE_MS);
  const send = async (mail: OutboxMail): Promise<void> => {
    try {
      await mailer.send(farewell(mail), { timeoutMs: MAIL_TIMEOUT_MS });
    } catch (error) {
      failed(mail, error);
      await outbox.postpone(mail.id);
      return;
    }
    await outbox.sent(mail.id);
  };
  // What cannot be noted is due when the lease ends.
  const sent = await Promise.allSettled(due.map(send));
  for (const [n, outcome] of sent.entries()) {
    const mail = due[n];
    if (outcome.status === 'rejected' && mail !== undefined) failed(mail, outcome.reason);
  }
  return due.length;
}
