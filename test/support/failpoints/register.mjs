/**
 * Puts failpoints into one of our programs before its main is loaded, by
 * `NODE_OPTIONS="--import tsx --import …/register.mjs"`. The sources know nothing of it
 * (docs/decisions/0012-failpoints.md). Plain JavaScript, because the threads that workflows run in
 * load it as well, and have no TypeScript.
 */
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) register('./hooks.ts', import.meta.url);
