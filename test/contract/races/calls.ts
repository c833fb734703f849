/** How meetings are written down: calls of acts, at an order that has come some way. */
import type { Act, Command } from '../drift/acts.ts';

/** An act, with a number to choose by if that is not 0; of the first order unless it says so. */
export type Call = Act | readonly [act: Act, choice: number, which?: 0 | 1];

export interface Place {
  readonly after: readonly Call[];
  readonly meet: readonly (readonly [Call, Call, ...Call[]])[];
}

export function commandOf(call: Call): Command {
  const [act, choice = 0, which = 0] = typeof call === 'string' ? ([call] as const) : call;
  return { act, choice, which };
}

/** By their place among the steps of acts.ts, which also says what is made of a choice. */
export const STEP = {
  reserve: 0,
  authorize: 1,
  capture: 2,
  shipment: 3,
  receipt: 4,
  cancelShipment: 5,
  refund: 6,
  restock: 7,
  unwind: 8,
  redeem: 10,
} as const;

// So many steps there are, and an action is chosen once for each.
const STEPS = 18;

export const parkUndo = (step: number): Call => ['park', step];
export const park = (step: number): Call => ['park', STEPS + step];
export const retry = (step: number): Call => ['resolve', step];
export const markDone = (step: number): Call => ['resolve', STEPS + step];
export const skip = (step: number): Call => ['resolve', 2 * STEPS + step];
export const refuse = (step: number): Call => ['resolve', 3 * STEPS + step];
