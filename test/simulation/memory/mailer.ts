/** The mail server in memory: takes every mail, as often as it is sent. */
import type { Mailer } from '../../../src/activities/ports.ts';
import { orderIn } from '../../../src/counterparties/faults.ts';
import type { MailEffect, MailRequest } from '../../../src/counterparties/mail/sink.ts';
import { promised } from './promised.ts';
import { iso } from './snapshot.ts';

export interface MemoryMailer extends Mailer {
  /** Its own book: every mail, and every request that arrived. */
  readonly lines: readonly MailLine[];
}

export type MailLine = (MailEffect | MailRequest) & { readonly seq: number };

const FROM = 'orders@makegood.example';

export function createMemoryMailer({ now }: { readonly now: () => number }): MemoryMailer {
  const lines: MailLine[] = [];
  return {
    lines,
    send: ({ messageId, to, subject, text }) =>
      promised(() => {
        const at = iso(now());
        const orderId = orderIn(messageId);
        const line = { at, operation: 'send', orderId, requestId: null } as const;
        const mail = { messageId, from: FROM, to: to.address, subject, text, receivedAt: at };
        const outcome = 'executed';
        lines.push({ seq: lines.length + 1, kind: 'effect', ...line, effect: 'received', mail });
        const request = { kind: 'request', ...line, messageId, outcome, fault: null } as const;
        lines.push({ seq: lines.length + 1, ...request });
      }),
  };
}
