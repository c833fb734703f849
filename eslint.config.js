import tseslint from 'typescript-eslint';

const sandboxed = ['src/domain/**', 'src/saga/**', 'src/workflows/**', 'examples/*/workflows.ts'];

export default tseslint.config(
  // The peers' types are theirs, and not installed with ours: `npm run check` in bench/peers.
  { ignores: ['dist/', 'coverage/', '.makegood/', 'node_modules/', 'bench/peers/'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 10],
      'no-console': 'error',
    },
  },
  {
    // The workflow sandbox has no Node built-ins, and zod costs half a megabyte per cached workflow.
    files: sandboxed,
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['node:*', 'zod', 'zod/*'], message: 'Not inside the workflow sandbox.' },
            {
              regex: '^@temporalio/(?!workflow$)',
              message: 'Only @temporalio/workflow is for workflow code.',
            },
          ],
        },
      ],
    },
  },
  {
    // A describe block is one long function by nature, and the terminal is where these speak.
    files: ['test/**', 'bench/**', 'scripts/**', 'examples/**', 'src/launcher/**'],
    rules: { 'max-lines-per-function': 'off', 'no-console': 'off' },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    // The pages are plain modules with types in their comments: see their tsconfig.
    ignores: ['src/api/operations-page/**', 'src/launcher/storefront/page/**'],
    ...tseslint.configs.disableTypeChecked,
  },
);
