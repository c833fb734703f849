/**
 * The import rules of the layout: imports point inward (see CONTRIBUTING).
 * `typeOk` layers may be named as types anywhere they are listed; a value import still fails.
 */
const layer = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: '^src/', pathNot: [from, ...allowed] },
});
const values = (name, from, allowed, comment) => {
  const rule = layer(name, from, allowed, comment);
  return { ...rule, to: { ...rule.to, dependencyTypesNot: ['type-only'] } };
};
const packages = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: 'node_modules/|^node:', pathNot: allowed, dependencyTypesNot: ['type-only'] },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-tests-in-production',
      comment: 'Failpoints and stages are put around the sources, never into them.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^test/' },
    },
    layer('domain-imports-nothing', '^src/domain/', [], 'The domain is pure.'),
    layer('saga-knows-no-orders', '^src/saga/', [], 'The engine has never heard of orders.'),
    values(
      'workflows-see-activities-as-types',
      '^src/workflows/',
      ['^src/domain/', '^src/saga/'],
      'An activity imported as a value would run inside the sandbox.',
    ),
    layer(
      'workflows-inward',
      '^src/workflows/',
      ['^src/domain/', '^src/saga/', '^src/activities/'],
      'Workflows decide what comes next; they do not act.',
    ),
    layer(
      'activities-inward',
      '^src/activities/',
      ['^src/domain/', '^src/saga/wrong[.]ts$'],
      'Activities know ports, not adapters; the three kinds of wrong are the words they share with the engine.',
    ),
    values(
      'adapters-see-ports-as-types',
      '^src/adapters/',
      ['^src/domain/'],
      'Adapters meet ports.',
    ),
    layer(
      'adapters-inward',
      '^src/adapters/',
      [
        '^src/domain/',
        '^src/activities/(reconcile-|shipment-)?ports[.]ts$',
        '^src/api/(operator-|webhook-|gateway-event-|shipment-)?ports[.]ts$',
        '^src/client/ports[.]ts$',
        '^src/operator/ports[.]ts$',
      ],
      'Adapters know the ports they meet and nothing else.',
    ),
    layer(
      'client-inward',
      '^src/client/',
      ['^src/domain/', '^src/workflows/contract[.]ts$'],
      'The contract is the only door to the workflows.',
    ),
    values(
      'api-inward',
      '^src/api/',
      ['^src/domain/', '^src/client/', '^src/operator/'],
      'The API starts sagas by the client, and does for operators what their command does.',
    ),
    values(
      'sdk-sees-the-api-as-types',
      '^src/sdk/',
      ['^src/domain/'],
      'The client runs in browsers: nothing of the API is in it.',
    ),
    layer(
      'sdk-inward',
      '^src/sdk/',
      ['^src/domain/', '^src/api/'],
      'The client is typed by the routes and their schemas.',
    ),
    layer(
      'operator-inward',
      '^src/operator/',
      ['^src/domain/', '^src/client/ports[.]ts$', '^src/saga/parking[.]ts$'],
      'What operators do is written in the books, and told to the sagas by the client.',
    ),
    {
      name: 'stand-ins-are-for-development',
      severity: 'error',
      comment: 'Production code never imports a stand-in or the launcher.',
      from: {
        pathNot: [
          '^src/counterparties/',
          '^src/launcher/',
          '^test/',
          '^bench/',
          '^scripts/',
          '^examples/[^/]+/main[.]ts$',
        ],
      },
      to: { path: ['^src/counterparties/', '^src/launcher/'] },
    },
    packages(
      'sandbox-packages',
      '^src/(saga|workflows)/|^examples/[^/]+/workflows[.]ts$',
      ['node_modules/@temporalio/workflow/'],
      'Workflow code may use @temporalio/workflow and nothing else.',
    ),
    layer(
      'examples-see-the-engine-only',
      '^examples/',
      ['^src/saga/index[.]ts$', '^src/launcher/'],
      'An example imports what a user of the package can; its main finds the stack that runs here.',
    ),
    {
      name: 'example-workflows-see-activities-as-types',
      comment: 'An activity imported as a value would run inside the sandbox.',
      severity: 'error',
      from: { path: '^examples/[^/]+/workflows[.]ts$' },
      to: { path: '^examples/', dependencyTypesNot: ['type-only'] },
    },
    packages(
      'sdk-packages',
      '^src/sdk/',
      ['node_modules/hono/dist/client/'],
      'The client brings hono/client along, and nothing else.',
    ),
    {
      name: 'the-checker-shares-nothing',
      comment:
        'A checker that used code of the engine, or of its tests, would share their mistakes.',
      severity: 'error',
      from: { path: '^test/faults/checker/' },
      to: { path: '^(src|scripts|bench|examples)/|^test/(?!faults/checker/)' },
    },
    packages('domain-packages', '^src/domain/', [], 'The domain needs no package.'),
    {
      name: 'no-node-built-ins',
      comment: 'Neither the workflow sandbox nor a browser has them.',
      severity: 'error',
      from: { path: '^src/(domain|saga|workflows|sdk)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-dev-dependencies-in-production',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/counterparties/', '^src/launcher/'] },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // A package of its own, whose dependencies are not installed with ours.
    exclude: { path: '^bench/peers/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
