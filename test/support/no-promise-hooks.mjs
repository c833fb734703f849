/**
 * Loaded into every process of the tests. A replay runs its workflows in the thread of the tests, and
 * Temporal's SDK then hears of every promise that anybody makes there, until the process ends: each
 * simulation after it took three times as long. Without V8's hooks it does without, and says so once.
 * Threads have src/workflow-thread.mjs, which production loads as well.
 */
import v8 from 'node:v8';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) Reflect.deleteProperty(v8, 'promiseHooks');
