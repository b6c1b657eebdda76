/** The terminal agent as a process. */
import { launch } from '../host/launch.ts';

launch(() => import('./run.ts'));
