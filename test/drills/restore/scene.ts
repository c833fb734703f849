/** The ways in which things are lost, and what each has to hand and has to tell. */
import type { DoneDeed } from '../../faults/chaos/operator.ts';
import type { Stack } from '../../faults/chaos/stack.ts';
import type { Backup, Vault } from './base-backup.ts';

export const WAYS = ['older', 'archive', 'temporal'] as const;
export type Way = (typeof WAYS)[number];

export interface Scene {
  readonly stack: Stack;
  readonly vault: Vault;
  readonly backup: Backup;
  /** Where the evidence goes. */
  readonly folder: string;
  readonly say: (line: string) => void;
  readonly over: AbortSignal;
}

/** What came of it; times in ms since the loss. */
export interface Brought {
  readonly lostAt: Date;
  /** PostgreSQL, or Temporal, answers again. */
  readonly restoredMs: number;
  /** Orders are taken and worked on again. */
  readonly servingMs: number;
  /** Captures are allowed again, because the books agree; the same where none were halted. */
  readonly agreedMs: number;
  readonly lostOrders: readonly string[];
  /** Runs that were ended, or begun again, by the operator. */
  readonly deeds: readonly DoneDeed[];
}
