/** RELIABILITY's faults that this nemesis does not do, each with why, and where else it is done. */
export const LEFT_OUT: readonly (readonly [faults: string, why: string])[] = [
  ['F1, F2, F7, F9 at a named line', 'failpoints do that in test/faults; here kills hit at random'],
  ['F5, F6 file descriptors, heap, slow clients', 'test/api/raw-sockets and outages ask for it'],
  ['F13 a blocked event loop', 'needs a hook in production code; a frozen process looks the same'],
  ['F15 Temporal without its file', '`npm run drill:restore` does that, and keeps book T aside'],
  ['F18 errors in Temporal’s own store', 'the dev server has no fault injection'],
  ['F20 huge orders', 'test/api refuses them before anything could fail'],
  ['F23 a full or failing disk', 'needs a file system or a tracer of its own, as root'],
  ['F26 PostgreSQL restored from a backup', '`npm run drill:restore` does that'],
  ['F37 money moved by hand, chargebacks', 'the reconciler is asked for it in test/activities'],
  ['F38 410, F40 a slow endpoint among many', '`npm run drill:webhooks` and test/api/messenger do'],
  ['F43 to F45 clocks', 'one machine has one clock, and Go’s servers cannot be told another'],
  ['F48 DNS', 'everything is reached by its address'],
  ['F49 to F51 rolling releases, migrations', 'test/faults/rollout and test/histories do that'],
  ['F53, F54 wrong SQL, secrets rotated', 'an operator’s mistake that no checker could tell'],
];
