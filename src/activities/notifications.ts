/** Words to the customer: the receipt as a step of the saga, all other mails from the outbox. */
import type { OrderRef } from '../domain/order.ts';
import { farewell, receipt } from './mails.ts';
import type { Deps, Mailer, Outbox, OutboxMail } from './ports.ts';
import { callBudget, settle } from './step.ts';

export function notifications(deps: Deps) {
  const { book, mailer } = deps;
  return {
    async sendReceipt({ id }: OrderRef): Promise<void> {
      const begun = await book.beginReceipt(id);
      if (begun.state !== 'open') return void settle(begun);
      await mailer.send(receipt(id, begun.work), callBudget(deps));
      settle(await book.recordReceipt(id));
    },
  };
}

// One slow mail server must not hold more mails than a worker sends within a lease.
const MAILS_PER_LEASE = 10;
const MAIL_TIMEOUT_MS = 5_000;
const LEASE_MS = MAILS_PER_LEASE * MAIL_TIMEOUT_MS + 10_000;

/**
 * Sends what is due and answers how many were. A mail whose lease ends unsent is sent again, under
 * the same Message-ID: at least once, as SMTP has it. One that cannot be sent holds up no other.
 */
export async function sendDueMails(
  outbox: Outbox,
  mailer: Mailer,
  failed: (mail: OutboxMail, error: unknown) => void,
): Promise<number> {
  const due = await outbox.lease(MAILS_PER_LEASE, LEASE_MS);
  for (const mail of due) {
    try {
      await mailer.send(farewell(mail), { timeoutMs: MAIL_TIMEOUT_MS });
      await outbox.sent(mail.id);
    } catch (error) {
      failed(mail, error);
    }
  }
  return due.length;
}
