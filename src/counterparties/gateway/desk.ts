/**
 * Where an operation is done: what it may look at, how it writes down what it did, and what the
 * parameters of several have in common.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { BusinessFault } from '../faults.ts';
import type { GatewayEffect, IntentState } from './model.ts';
import { noSuch } from './problems.ts';
import type { GatewayState } from './state.ts';

/** What an effect says for itself; the rest of its line is the same for the whole request. */
type News = GatewayEffect extends infer Effect
  ? Effect extends GatewayEffect
    ? Omit<Effect, 'kind' | 'at' | 'operation' | 'orderId' | 'requestId' | 'key' | 'currency'>
    : never
  : never;

export interface Desk {
  readonly state: GatewayState;
  readonly nowMs: number;
  /** How long the bank holds money that nobody captures. */
  readonly authorizationMs: number;
  /** The intent that the path or the parameters name. */
  readonly intentId: string | undefined;
  /** Where the gateway is reached. */
  readonly origin: string;
  /** Whether the fault plan has the bank do so, whatever the card; asking counts as a hit. */
  meets(fault: BusinessFault): boolean;
  /** Currency is the intent's, save for the effect that creates it. */
  record(effect: News, currency?: string): void;
  /** What came by itself: it is not this request's doing. */
  settle(effect: News): void;
}

export const amount = z
  .string()
  .regex(/^[1-9]\d{0,7}$/, 'must be a positive integer')
  .transform(Number);
export const metadata = z.record(z.string(), z.string()).default({});
export const page = { limit: z.coerce.number().int().min(1).max(100).default(10) };

export function theIntent(desk: Desk, param = 'intent'): IntentState {
  const { state, intentId = '', nowMs, authorizationMs } = desk;
  const intent = state.intents.get(intentId);
  if (intent === undefined) throw noSuch('payment_intent', intentId, param);
  const { status, authorizedAt } = intent;
  const isOver = authorizedAt !== null && nowMs >= Date.parse(authorizedAt) + authorizationMs;
  if (status === 'requires_capture' && isOver) lapse(intent, desk);
  return intent;
}

/** An authorization that was not captured in time: Stripe cancels the intent by itself. */
export function lapse({ id, capturable }: IntentState, desk: Desk): void {
  desk.settle({ effect: 'canceled', intent: id, amount: capturable, reason: 'automatic' });
}

export function newId(prefix: 'pi' | 'ch' | 're'): string {
  return `${prefix}_${randomBytes(12).toString('hex')}`;
}
