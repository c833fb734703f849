/** One order, as an auditor of the stories sees it. */
import type { Account } from './accounts.ts';
import type { MailLine } from './memory/mailer.ts';
import type { OrderRow, RefundRow } from './memory/rows.ts';

export interface Own {
  readonly order: OrderRow;
  readonly account: Account;
  readonly refunds: readonly RefundRow[];
  readonly mails: readonly MailLine[];
  /** By step: what an operator decided. */
  readonly decided: ReadonlyMap<string, string>;
  readonly wasCancelled: boolean;
}

export type Say = (words: string) => void;
