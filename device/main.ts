/** The terminal agent as a process. */
import { launch } from '../protocol/process/launch.ts';

launch(() => import('./run.ts'));
