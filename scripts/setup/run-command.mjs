// Makes way for the command after `--`: same terminal, same signals, its exit code is ours.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** @returns {Promise<number>} the exit code; 128 + the signal's number when a signal ended it */
export function runCommand([command, ...args], cwd) {
  return new Promise((resolve) => {
    const child = spawn(command === 'node' ? process.execPath : command, args, { cwd, stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => {
        // A terminal sends Ctrl-C to every process of the group: twice would mean "at once" to the child.
        if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
      });
    }
    child.on('error', (error) => {
      console.error(`command-failed: ${command}: ${error.message}`);
      resolve(127);
    });
    child.on('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}
