/**
 * Two replicas with Redis behind nginx, as in docs/docker/compose.yaml but without containers: the real Codex and the
 * openai library work while the replicas are restarted in turn. No turn is lost, and no text is sent twice.
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import OpenAI from 'openai';
import { NGINX_MISSING, startNginx } from '../../support/state/nginx';
import { REDIS_MISSING, startRedis } from '../../support/state/redis';
import { answer, startScriptedUpstream } from '../../support/upstream/scripted-upstream';
import { writeCodexHome } from '../codex/config';
import { parseEvents, textsOf } from '../codex/events';
import { runCodex } from '../codex/run-codex';
import { CURRENT_CODEX, shellCall } from '../codex/versions';
import { startBridge } from '../support/bridge-process';
import { createClientEnv } from '../support/program';
import { createWorkFolder, readTree } from '../support/work-folder';
import { findFreePort } from '../../support/free-port';

const KEY = 'sk-test-upstream';
const MODEL = 'glm-4.7';
/** The clients keep working at least until this many replicas have been restarted. */
const RESTARTS = 4;
const PAUSE_MS = 2_000;

const delay = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

interface Message { readonly role: string; readonly content: unknown }

const textOf = ({ content }: Message): string => (typeof content === 'string' ? content : JSON.stringify(content));

/** The model's answer to a prompt; each prompt in this file is used once. */
const answerTo = (prompt: string): string =>
  `The answer to "${prompt}" is: ${'one two three four five six. '.repeat(3)}`;

/** Writes a file first if the prompt asks for one; each text arrives in many small pieces, over about a second. */
function respond({ messages }: { readonly messages: readonly Message[] }) {
  const prompts = messages.filter(({ role }) => role === 'user').map(textOf);
  const prompt = /(Write \w+|Say \w+)\.[^.]*$/.exec(prompts.at(-1) ?? '')?.[1] ?? prompts.at(-1) ?? '';
  const [, file] = /^Write (\w+)/.exec(prompt) ?? [];
  if (file !== undefined && messages.at(-1)?.role !== 'tool')
    return answer({ toolCalls: [shellCall(`echo ${file} >> ${file}.txt`)] });
  return answer({ text: answerTo(prompt), gate: () => delay(30) });
}

async function startCluster(context: TestContext) {
  const folder = await createWorkFolder();
  const redis = await startRedis(context, ['--appendonly', 'yes']);
  const script = ({ body }: { readonly body: { readonly messages: readonly Message[] } }) => respond(body);
  const upstream = await startScriptedUpstream({ dialect: 'dashscope', apiKey: KEY, script });
  const env = { AI_API_KEY: KEY, AI_PROVIDER: 'aliyun-coding', BRIDGE_STORE: redis.url, DRAIN_TIMEOUT_MS: '15000' };
  const start = (port: number) => startBridge({ upstreamUrl: upstream.url, folder: folder.root, env, port });
  const ports = [await findFreePort(), await findFreePort()];
  const replicas = await Promise.all(ports.map(start));
  const nginx = await startNginx(context, ports);
  const logs: string[] = [];
  let isOver = false;
  const end = async (): Promise<void> => undefined;
  const cluster = { folder, upstream, url: `${nginx.url}/v1`, restarts: 0, failures: [] as unknown[], end };
  const restarting = (async () => {
    for (let index = 0; !isOver; index = 1 - index) {
      await delay(PAUSE_MS);
      const [replica, port] = [replicas[index], ports[index] ?? 0];
      const code = await replica?.stop();
      if (code !== 0) cluster.failures.push(`a replica ended with ${code}`);
      logs.push(replica?.log() ?? '');
      replicas[index] = await start(port);
      cluster.restarts += 1;
    }
  })().catch((cause: unknown) => void cluster.failures.push(cause));
  cluster.end = async () => {
    isOver = true;
    await restarting;
  };
  context.after(async () => {
    await cluster.end();
    for (const replica of replicas) await replica.stop();
    await upstream.close();
    await folder.dispose({ logs: [...logs, ...replicas.map((replica) => replica.log())], nginx: nginx.errors() });
  });
  return cluster;
}

type Cluster = Awaited<ReturnType<typeof startCluster>>;

/** Runs one Codex thread: each turn writes a file with a command, then answers. */
async function workWithCodex({ folder, url }: Cluster): Promise<void> {
  const { workspace, codexHome } = folder;
  await writeCodexHome(codexHome, { model: MODEL, bridgeUrl: url });
  const env = { ...createClientEnv(folder.home, folder.tmp), AI_API_KEY: 'sk-test-client' };
  const words = ['alpha', 'beta', 'gamma', 'delta'];
  for (const [index, word] of words.entries()) {
    const args = index === 0 ? [] : ['resume', '--last'];
    const prompt = `Write ${word}.`;
    const run = await runCodex({ version: CURRENT_CODEX, workspace, codexHome, env, args, prompt, timeoutMs: 120_000 });
    assert.equal(run.exitCode, 0, run.stdout + run.stderr);
    assert.deepEqual(textsOf(parseEvents(run.stdout), 'agent_message').map((text) => text.trim()), [
      answerTo(`Write ${word}`).trim(),
    ]);
  }
  const tree = await readTree(workspace);
  assert.deepEqual(words.map((word) => tree[`${word}.txt`]), words.map((word) => `${word}\n`), 'each command ran once');
}

/** Streams one Response and checks that its text is complete, and that each event is sent once. */
async function stream(client: OpenAI, fields: object): Promise<OpenAI.Responses.Response> {
  const events = await client.responses.create({ model: MODEL, input: '', ...fields, stream: true });
  let [text, next] = ['', 0];
  for await (const event of events) {
    assert.equal(event.sequence_number, next++);
    if (event.type === 'response.output_text.delta') text += event.delta;
    if (event.type !== 'response.completed') continue;
    assert.equal(text, event.response.output.flatMap((item) => (item.type === 'message' ? item.content : []))
      .map((part) => (part.type === 'output_text' ? part.text : '')).join(''));
    return event.response;
  }
  throw new Error('the stream ended without response.completed');
}

const outputOf = (response: OpenAI.Responses.Response): string =>
  response.output.flatMap((item) => (item.type === 'message' ? item.content : []))
    .map((part) => (part.type === 'output_text' ? part.text : '')).join('');

/** Chains responses by previous_response_id; the last request must contain every earlier turn once, in order. */
async function workWithChain(cluster: Cluster, client: OpenAI, name: string): Promise<number> {
  const prompts: string[] = [];
  let previous: string | undefined;
  for (let turn = 0; turn < 3 || cluster.restarts < RESTARTS; turn += 1) {
    const prompt = `Say ${name}${turn}`;
    const response = await stream(client, { input: `${prompt}.`, ...(previous && { previous_response_id: previous }) });
    assert.equal(outputOf(response), answerTo(prompt));
    prompts.push(prompt);
    previous = response.id;
  }
  const last = cluster.upstream.requests.map(({ body }) => body.messages as readonly Message[])
    .filter((messages) => textOf(messages.at(-1) ?? { role: '', content: '' }) === `${prompts.at(-1)}.`).at(-1);
  const expected = prompts.flatMap((prompt) => [`${prompt}.`, answerTo(prompt)]).slice(0, -1);
  assert.deepEqual(last?.map(textOf), expected);
  return prompts.length;
}

/** Runs turns of one conversation while items are added to it. */
async function workWithConversation(cluster: Cluster, client: OpenAI): Promise<void> {
  const { id } = await client.conversations.create({});
  const texts: string[] = [];
  for (let round = 0; round < 2 || cluster.restarts < RESTARTS; round += 1) {
    const added = Array.from({ length: 5 }, (_, index) => `Note ${round}-${index}`);
    const prompt = `Say conversation${round}`;
    const add = (content: string) =>
      client.conversations.items.create(id, { items: [{ type: 'message', role: 'user', content }] });
    await Promise.all([stream(client, { input: `${prompt}.`, conversation: id }), ...added.map(add)]);
    texts.push(...added, `${prompt}.`, answerTo(prompt));
  }
  const found: string[] = [];
  for await (const item of client.conversations.items.list(id, { order: 'asc', limit: 20 })) {
    if (item.type === 'message') found.push(...item.content.map((part) => ('text' in part ? String(part.text) : '')));
  }
  assert.deepEqual(found.sort(), texts.sort());
}

/** Streams background responses; closes each stream after a few events and resumes it at any replica. */
async function workInBackground(cluster: Cluster, client: OpenAI): Promise<void> {
  for (let round = 0; round < 2 || cluster.restarts < RESTARTS; round += 1) {
    const prompt = `Say background${round}`;
    const { id } = await client.responses.create({ model: MODEL, input: `${prompt}.`, background: true });
    let [text, next, isDone] = ['', 0, false];
    while (!isDone) {
      const position = next > 0 ? { starting_after: next - 1 } : {};
      const events = await client.responses.retrieve(id, { stream: true, ...position });
      let read = 0;
      for await (const event of events) {
        assert.equal(event.sequence_number, next++);
        if (event.type === 'response.output_text.delta') text += event.delta;
        isDone = event.type === 'response.completed';
        assert.notEqual(event.type, 'response.failed');
        if ((read += 1) === 12) break;
      }
    }
    assert.equal(text, answerTo(prompt));
    assert.equal(outputOf(await client.responses.retrieve(id)), text);
  }
}

const reason = REDIS_MISSING || NGINX_MISSING;
const options = { timeout: 300_000, skip: reason !== '' };
test(`no turn is lost while replicas behind nginx are restarted${reason}`, options, async (context) => {
  const cluster = await startCluster(context);
  const client = new OpenAI({ baseURL: cluster.url, apiKey: 'sk-test-client' });
  const chains = ['a', 'b', 'c', 'd'].map((name) => workWithChain(cluster, client, name));
  const [turns] = await Promise.all([
    Promise.all(chains), workWithCodex(cluster), workWithConversation(cluster, client),
    workInBackground(cluster, client),
  ]);
  await cluster.end();
  assert.deepEqual(cluster.failures, []);
  assert.ok(cluster.restarts >= RESTARTS && turns.every((count) => count >= 3));
  cluster.upstream.assertClean();
});
