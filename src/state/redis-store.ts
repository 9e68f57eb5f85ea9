/**
 * Keeps records in Redis or Valkey, for any number of replicas. Each operation except reading lines is one Lua script,
 * which Redis runs atomically: limits, the index of items and all changes of a turn are always consistent, whichever
 * replica writes or crashes.
 */
import { randomBytes } from 'node:crypto';
import { isRecord, parseJson } from '../base/json';
import type { StoreLimits } from './ledger';
import { RedisClient, type RedisOptions } from './redis-client';
import { isRecordId } from './record';
import type { Change, ResponseStore, WriteResult } from './response-store';

export interface RedisStoreOptions extends RedisOptions {
  /** The prefix of every key. Each prefix has its own records and limits. */
  readonly prefix: string;
  readonly limits: StoreLimits;
}

/** Creates the store that all replicas with the same database and prefix share. It connects on first use. */
export function createRedisStore({ prefix, limits, ...options }: RedisStoreOptions): ResponseStore {
  const client = new RedisClient(options);
  const run = (...args: readonly (string | number)[]): ReturnType<RedisClient['script']> =>
    client.script(SCRIPT, `${prefix}:`, limits.ageMs, limits.records, limits.bytes, ...args);
  return {
    shared: true,
    async get(id) {
      const text = isRecordId(id) ? await run('get', id) : undefined;
      const value = typeof text === 'string' ? parseJson(text) : undefined;
      return isRecord(value) ? value : undefined;
    },
    async lines(id, from = 0) {
      if (!isRecordId(id)) return [];
      const lines = await client.command('LRANGE', `${prefix}:${id}:lines`, from, -1);
      return Array.isArray(lines) ? lines.map((line) => parseJson(String(line))) : [];
    },
    async write(changes) {
      const written = await run('write', randomBytes(9).toString('base64'), ...changes.flatMap(encodeChange));
      return Array.isArray(written) ? written.map(readResult) : [];
    },
    delete: async (id) => isRecordId(id) && (await run('delete', id)) === 1,
    async holderOf(item) {
      const id = await run('holder', item);
      return typeof id === 'string' ? id : undefined;
    },
    async check() {
      await client.command('PING');
    },
    close: () => client.close(),
  };
}

const encodeChange = ({ id, text, items, append }: Change): readonly (string | number)[] =>
  [append ? 'append' : 'put', id, text, items.length, ...items];

const readResult = (value: unknown): WriteResult => (value === 'kept' || value === 'absent' ? value : 'refused');

/**
 * Keys, all with the prefix: `ID` is the record, `ID:lines` and `ID:items` are lists, `used` orders the ids by their
 * last use, `sizes` maps each to its bytes, `bytes` is their sum, and `holders` maps an item to the newest record that
 * contains it. A repeated write (`done:TOKEN`) changes nothing. The items and index entries of an expired record remain
 * until the next operation removes them.
 */
const SCRIPT = `
local prefix, age, maxRecords, maxBytes = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local used, sizes, bytes, holders = prefix .. 'used', prefix .. 'sizes', prefix .. 'bytes', prefix .. 'holders'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function forget(id)
  local key, size = prefix .. id, redis.call('HGET', sizes, id)
  if not size then return redis.call('DEL', key, key .. ':lines', key .. ':items') end
  for _, item in ipairs(redis.call('LRANGE', key .. ':items', 0, -1)) do
    if redis.call('HGET', holders, item) == id then redis.call('HDEL', holders, item) end
  end
  redis.call('DECRBY', bytes, size)
  redis.call('HDEL', sizes, id)
  redis.call('ZREM', used, id)
  redis.call('DEL', key .. ':lines', key .. ':items')
  return redis.call('DEL', key)
end

local function evictExcess()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', used, '-inf', now - age)) do forget(id) end
  while redis.call('ZCARD', used) > maxRecords or tonumber(redis.call('GET', bytes) or 0) > maxBytes do
    local oldest = redis.call('ZRANGE', used, 0, 0)[1]
    if not oldest then return redis.call('DEL', bytes) end
    forget(oldest)
  end
end

local function touch(id)
  local key = prefix .. id
  redis.call('ZADD', used, now, id)
  redis.call('PEXPIRE', key, age)
  redis.call('PEXPIRE', key .. ':lines', age)
  redis.call('PEXPIRE', key .. ':items', 3 * age)
  for _, index in ipairs({ used, sizes, bytes, holders }) do redis.call('PEXPIRE', index, 2 * age) end
end

local function change(mode, id, text, items)
  local key, isNew = prefix .. id, mode == 'put'
  if not isNew and redis.call('EXISTS', key) == 0 then forget(id) return 'absent' end
  local size = #text + (isNew and 0 or tonumber(redis.call('HGET', sizes, id) or 0))
  if isNew then forget(id) end
  if size > maxBytes then return 'refused' end
  if isNew then redis.call('SET', key, text) else redis.call('RPUSH', key .. ':lines', text) end
  redis.call('HSET', sizes, id, size)
  redis.call('INCRBY', bytes, #text)
  for _, item in ipairs(items) do
    redis.call('RPUSH', key .. ':items', item)
    redis.call('HSET', holders, item, id)
  end
  touch(id)
  evictExcess()
  return 'kept'
end

local operation, id = ARGV[4], ARGV[5]
if operation == 'delete' then return forget(id) end
evictExcess()
if operation == 'holder' then return redis.call('HGET', holders, id) end
if operation == 'get' then
  local text = redis.call('GET', prefix .. id)
  if text then touch(id) else forget(id) end
  return text
end
local done = prefix .. 'done:' .. id
local written = redis.call('LRANGE', done, 0, -1)
if #written > 0 then return written end
local at = 6
while at <= #ARGV do
  local items = {}
  for item = 1, tonumber(ARGV[at + 3]) do items[item] = ARGV[at + 3 + item] end
  redis.call('RPUSH', done, change(ARGV[at], ARGV[at + 1], ARGV[at + 2], items))
  at = at + 4 + #items
end
redis.call('PEXPIRE', done, 60000)
return redis.call('LRANGE', done, 0, -1)
`;
