/** The check as a process: `node check-process.js FILE` prints its report as one line of JSON. */
import { checkDatabase } from './check.ts';

const [file = ''] = process.argv.slice(2);
const parent = process.ppid;
process.stdout.write(`${JSON.stringify(checkDatabase(file, () => process.ppid === parent))}\n`);
