/** Everything the worker's bundle holds. */
export { checkout } from './checkout.ts';
