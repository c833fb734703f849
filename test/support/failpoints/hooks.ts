/** Node's module hooks: what the mains import from these files, they get with failpoints around it. */
import type { ResolveHook } from 'node:module';

const source = (path: string) => new URL(`../../../src/${path}`, import.meta.url).href;
const wrapper = (path: string) => new URL(path, import.meta.url).href;

const MAINS: readonly unknown[] = [source('worker.ts'), source('api.ts')];

const WRAPPED = new Map([
  [source('activities/index.ts'), wrapper('worker.ts')],
  [source('adapters/postgres/order-store.ts'), wrapper('api.ts')],
  [source('client/temporal.ts'), wrapper('api.ts')],
]);

export const resolve: ResolveHook = async (specifier, context, next) => {
  const found = await next(specifier, context);
  const wrapped = MAINS.includes(context.parentURL) ? WRAPPED.get(found.url) : undefined;
  return wrapped === undefined ? found : { ...found, url: wrapped };
};
