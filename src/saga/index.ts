/** The saga engine's public face: `makegood/saga`. */
export { runSaga } from './saga.ts';
export type { Committed, CompensableStep, Refused, Saga, SagaOptions, Unwind } from './scope.ts';
export { participants, PRODUCTION_BUDGETS } from './participants.ts';
export type { Budgets, Calls } from './participants.ts';
export { progressQuery, resolveStep } from './runtime.ts';
export type { Attempt, Duty } from './attempt.ts';
export type { Action, ParkedStep, Resolution } from './parking.ts';
export type { Runtime } from './runtime.ts';
export type { Progress, ProgressLine } from './progress.ts';
export { classify, pending, refusal, unavailable } from './wrong.ts';
export type { Wrong } from './wrong.ts';
