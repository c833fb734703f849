/** Everything the worker's bundle holds. */
export { checkout } from './checkout.ts';
export { refund } from './refund.ts';
