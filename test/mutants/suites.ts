/** The suites that the mutants are given to. */
import type { Suite } from './mutant.ts';

/** Without pairs, which take long, and its own mistakes, which it makes with the code as it is. */
export const SIMULATION: Suite = {
  mocha: 'test/simulation/simulation.test.ts',
  grep: '^The simulation (lets any one|lets anybody|ends)',
};
export const BY_HAND: Suite = { mocha: 'test/simulation/refused-by-hand.test.ts' };
export const ENGINE: Suite = { mocha: 'test/saga/*.test.ts' };
export const AMOUNTS: Suite = { mocha: 'test/activities/amounts.test.ts' };
export const WRONG_MONEY: Suite = { mocha: 'test/activities/wrong-money.test.ts' };
export const GATEWAY: Suite = { mocha: 'test/{adapters/stripe*,contract/gateway*}.test.ts' };
export const BOOKS: Suite = {
  mocha: 'test/{activities/{book,twice,refund*,vouchers},contract/{drift,races}}.test.ts',
};
export const WAITING: Suite = { mocha: 'test/activities/{waiting,given-up}*.test.ts' };
export const SHIPMENTS: Suite = { mocha: 'test/activities/shipment-prices.test.ts' };
export const LATER: Suite = { mocha: 'test/simulation/capture-later.test.ts' };
export const SHIPPED: Suite = { mocha: 'test/checkout/capture-later.test.ts' };
export const ADMISSION: Suite = { mocha: 'test/api/admission.test.ts' };
export const HEARING: Suite = {
  mocha: 'test/{adapters/stripe-events,api/gateway-webhooks,api/hearer}*.test.ts',
};
