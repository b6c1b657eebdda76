/** `npm run demo` as a process. */
import { launch } from '../host/launch.ts';

launch(() => import('./demo/run.ts'));
