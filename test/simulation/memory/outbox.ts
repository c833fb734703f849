/** Mails that were written with the status they speak of, leased to one sender at a time. */
import type { Outbox } from '../../../src/activities/ports.ts';
import { lockOrder } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import type { Database } from './tables.ts';

export function createOutbox(ledger: Ledger, { atomically }: Database): Outbox {
  return {
    lease: (limit, leaseMs) =>
      atomically(() => {
        const now = ledger.now();
        const due = [...ledger.mails.values()]
          .filter(({ sentAt, nextAt }) => sentAt === null && nextAt <= now)
          .sort((a, b) => a.nextAt - b.nextAt)
          .slice(0, limit);
        return due.map((mail) => {
          ledger.mails.put(mail.id, { ...mail, nextAt: now + leaseMs });
          const order = lockOrder(ledger, mail.orderId);
          const { requestId, reason, customer, amountMinor, currency } = order;
          const { id, orderId, kind } = mail;
          const amount = { amountMinor, currency };
          return { id, orderId, requestId, kind, reason, customer, amount };
        });
      }),
    sent: (id) =>
      atomically(() => {
        const mail = ledger.mails.get(id);
        if (mail !== undefined) ledger.mails.put(id, { ...mail, sentAt: ledger.now() });
      }),
    postpone: (id) =>
      atomically(() => {
        const mail = ledger.mails.get(id);
        if (mail === undefined || mail.sentAt !== null) return;
        const now = ledger.now();
        const pauseMs = Math.min(Math.max(now - mail.createdAt, 1_000), 60_000);
        ledger.mails.put(id, { ...mail, nextAt: now + pauseMs });
      }),
  };
}
