/** Everything the worker's bundle holds. */
export { checkout } from './checkout.ts';
export { reconcile } from './reconcile.ts';
export { refund } from './refund.ts';
export { settle } from './settle.ts';
