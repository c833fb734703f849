/** The API's typed client: `makegood/client`. For browsers and for Node 20 or later. */
export { createClient, newIdempotencyKey } from './client.ts';
export type {
  CallOptions,
  Client,
  ClientOptions,
  Keyed,
  KeyedOptions,
  OrderFilter,
  PageOptions,
  Placed,
} from './client.ts';
export { NoAnswerError, ProblemError } from './errors.ts';
export type { FollowOptions } from './follow.ts';
export type { RetryPolicy } from './retry.ts';
export type * from './types.ts';
export { StillWaitingError } from './wait.ts';
export type { WaitOptions } from './wait.ts';
