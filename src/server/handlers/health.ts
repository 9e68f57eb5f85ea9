/** GET /health: that the bridge runs, which one it is, and where it sends requests to. */
import type { Handler } from '../http-exchange';
import { writeJson } from '../write-json';

/** Tells this bridge from whatever else may answer on the port. */
export const SERVICE_NAME = 'aliyun-codex-bridge';

/** Says who listens here, since when, and for which upstream. */
export const answerHealth: Handler = ({ response, services: { config, version, turns, launches } }) => {
  const health = {
    ok: true,
    name: SERVICE_NAME,
    version,
    pid: process.pid,
    uptime: Math.floor(process.uptime()),
    upstream: config.aiBaseUrl,
    launches: launches.size,
    openStreams: turns.countStreams(),
  };
  writeJson(response, health, { 'cache-control': 'no-store' });
};
