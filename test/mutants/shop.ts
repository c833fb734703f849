/** For each rule of the shop the tests that it cannot be taken out of unnoticed. */
import type { Mutant } from './mutant.ts';

const SHOP = 'src/launcher/storefront';
const SERVER = 'test/launcher/storefront.test.ts';

const served = (grep: string, mutant: Omit<Mutant, 'caughtBy'>): Mutant => ({
  ...mutant,
  caughtBy: { mocha: SERVER, grep },
});

export const SHOP_MUTANTS: readonly Mutant[] = [
  served('no other page', {
    name: 'another site may order in the shop',
    file: `${SHOP}/callers.ts`,
    find: 'const isItself = origin === undefined || origin === `http://${host}`;',
    replace: 'const isItself = true;',
  }),
  served('no other page', {
    name: 'any name that points at this machine is the shop’s',
    file: `${SHOP}/callers.ts`,
    find: '!LOOPBACK.test(host)',
    replace: 'false',
  }),
  served('in its own name', {
    name: 'the browser’s own headers reach the API',
    file: `${SHOP}/forward.ts`,
    find: '...passed(c.req.raw.headers, ASKS),',
    replace: '...Object.fromEntries(c.req.raw.headers),',
  }),
  served('in production', {
    name: 'production has a shop',
    file: `${SHOP}/index.ts`,
    find: `kind !== 'production' && `,
    replace: '',
  }),
  served('held, taken and given back', {
    name: 'what was let go is still held, by the bank’s book',
    file: `${SHOP}/party-books.ts`,
    find: ` - sum('canceled')`,
    replace: '',
  }),
];
