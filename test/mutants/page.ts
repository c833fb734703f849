/** For each rule of the operators' page the tests that it cannot be taken out of unnoticed. */
import type { Mutant } from './mutant.ts';

const PAGE = 'src/api/operations-page';

const caught = (suite: string, grep: string, mutant: Omit<Mutant, 'caughtBy'>): Mutant => ({
  ...mutant,
  caughtBy: { mocha: `test/browser/operations-${suite}.test.ts`, grep },
});

export const PAGE_MUTANTS: readonly Mutant[] = [
  caught('acts', 'refuses it', {
    name: 'a button acts without a word about what will come of it',
    file: `${PAGE}/main.js`,
    find: '  openDialog(act, done);',
    replace: `  void act.send({ why: 'a click' }, 'a-key').then(done);`,
  }),
  caught('key', 'why the API refuses', {
    name: 'nobody is asked why',
    file: `${PAGE}/dialog.js`,
    find: `if (value.trim() === '') return 'Say why: somebody will ask.';`,
    replace: '',
  }),
  caught('views', 'runs none of it', {
    name: 'what is shown is read as HTML',
    file: `${PAGE}/dom.js`,
    find: 'if (!isNothing(child)) element.append(child instanceof Node ? child : String(child));',
    replace: `if (child instanceof Node) element.append(child);
    else if (!isNothing(child)) element.insertAdjacentHTML('beforeend', String(child));`,
  }),
  caught('acts', 'without a mouse', {
    name: 'the focus is lost with what had it',
    file: `${PAGE}/main.js`,
    find: 'if (hadFocus && !main.contains(document.activeElement)) focusHeading();',
    replace: '',
  }),
  caught('acts', 'without a mouse', {
    name: 'a new view leaves the focus where the last one was',
    file: `${PAGE}/main.js`,
    find: '    window.scrollTo(0, 0);\n    focusHeading();',
    replace: '    window.scrollTo(0, 0);',
  }),
  caught('views', 'where nothing does', {
    name: 'an empty queue is an empty table',
    file: `${PAGE}/queue-view.js`,
    find: 'if (data.length === 0) {',
    replace: 'if (data.length < 0) {',
  }),
  caught('key', 'the very same', {
    name: 'what may have been done is sent again with another key',
    file: `${PAGE}/dialog.js`,
    find: 'if (!isUnknown) key = newIdempotencyKey();',
    replace: 'key = newIdempotencyKey();',
  }),
  caught('key', 'nobody answers', {
    name: 'what is old looks like what is new',
    file: `${PAGE}/freshness.js`,
    find: `fresh.classList.toggle('stale', isDown);`,
    replace: '',
  }),
  caught('key', 'why the API refuses', {
    name: 'what has gone back is offered again',
    file: `${PAGE}/acts.js`,
    find: ' - (asked > refunded ? asked : refunded);',
    replace: ';',
  }),
  caught('axe', 'light look', {
    name: 'what is said quietly cannot be read',
    file: `${PAGE}/base.css`,
    find: '--quiet: light-dark(#515c66,',
    replace: '--quiet: light-dark(#9aa5af,',
  }),
  caught('words', 'decision', {
    name: 'of a skipped refund it is said only that the order goes on',
    file: `${PAGE}/effects.js`,
    find: `'do refund payment skip':`,
    replace: `'do refund payment skipped':`,
  }),
  {
    name: 'the page may run what stands in its HTML',
    file: 'src/api/page-files.ts',
    find: `"script-src 'self'"`,
    replace: `"script-src 'self' 'unsafe-inline'"`,
    caughtBy: { mocha: 'test/api/operations-page.test.ts', grep: 'runs nothing' },
  },
];
