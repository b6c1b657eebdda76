/** `npm run demo` as a process. */
import { launch } from '../protocol/process/launch.ts';

launch(() => import('./demo/run.ts'));
