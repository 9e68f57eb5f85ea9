/** Reads the CPU time and memory of other processes from /proc. All values are undefined on platforms without it. */
import { readFileSync } from 'node:fs';

const PROC = '/proc';
/** USER_HZ: the unit of utime and stime, 100 per second on every Linux platform that Node supports. */
const TICKS_PER_SECOND = 100;

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`${PROC}/${path}`, 'utf8');
  } catch {
    return undefined;
  }
}

/** Whether this platform has /proc. */
export const procAvailable = readProc('self/stat') !== undefined;

/** CPU microseconds of all threads since the process started: utime and stime, fields 14 and 15 in proc_pid_stat(5). */
export function cpuMicros(pid: number): number | undefined {
  const stat = readProc(`${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // Starts with field 3; the name may contain spaces.
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS_PER_SECOND;
}

/** Resident memory in megabytes (10^6 bytes). */
export function residentMegabytes(pid: number): number | undefined {
  const match = /^VmRSS:\s+(\d+) kB/m.exec(readProc(`${pid}/status`) ?? '');
  return match === null ? undefined : (Number(match[1]) * 1024) / 1e6;
}
