/** What Linux says of a process. */
import { readFileSync } from 'node:fs';

/** Of /proc/PID/stat; the same on every Linux that Node.js runs on. */
const TICKS_PER_S = 100;

/** Resident memory, MiB. */
export const rssMb = (pid: number): number => statusMb(pid, 'VmRSS');
/** The most that it ever was. */
export const peakRssMb = (pid: number): number => statusMb(pid, 'VmHWM');

function statusMb(pid: number, field: string): number {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(Number(line?.[1] ?? 0) / 1_024);
}

/** User and system time of all its threads so far, seconds. */
export function cpuSeconds(pid: number): number {
  // The name, in brackets, may hold anything; what follows is numbers (proc(5)): utime is field 14, stime 15.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

/** … of several; one that has ended has used none. */
export function cpuSecondsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    try {
      return sum + cpuSeconds(pid);
    } catch {
      return sum;
    }
  }, 0);
}

/** How many files and sockets this process, and so its children, may hold open. */
export function openFilesLimit(): number {
  const line = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
  return line?.[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(line?.[1] ?? 0);
}
