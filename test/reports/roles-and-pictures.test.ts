/** Reports of messages that a model cannot accept: images, consecutive roles, tool history without tools. */
import assert from 'node:assert/strict';
import { call, codex, developer, PNG, result, said, user, viewed } from '../support/reports/client';
import { assertNoBase64, callsOf, messagesOf, picturesOf } from '../support/reports/expectations';
import { testReports, type Report, type ReportedAnswer } from '../support/reports/report';
import { answered, refused, say, unless } from '../support/reports/upstream';

/** Images are rejected until a request omits them: three calls for two turns, no base64 in the text. */
const picturesRefused = (saw: string, source: string, refusal: ReportedAnswer): Report => ({
  saw, source, text: 'fine', calls: 3,
  upstream: (sent) => unless(picturesOf(sent).length > 0, refusal),
  requests: [[], [said('fine'), user('go on')]].map((more) =>
    codex([user('look'), ...viewed('call_v', 'high'), ...more])),
  check: ({ last }) => assertNoBase64(last),
});

const UNKNOWN_VARIANT = 'unknown variant `image_url`, expected `text`';

testReports('pictures', [
  picturesRefused(
    'one picture in a thread of a text-only model made every later request fail',
    'BigPizzaV3/CodexPlusPlus#631, BenedictKing/ccx#95, boldsoftware/shelley#224',
    refused(`Failed to deserialize the JSON body into the target type: messages[4]: ${UNKNOWN_VARIANT} at line 1 ` +
      'column 56209', { code: 'invalid_request_error' }),
  ),
  picturesRefused('a router answered 404: no endpoint accepts pictures', 'variation',
    answered(404, { error: { message: 'No endpoints found that support image input', code: 404 } })),
  picturesRefused('a local server answered 500: pictures are not supported', 'variation',
    refused('image input is not supported - hint: if this is unexpected, you may need to provide the mmproj',
      { code: 500, type: 'server_error' }, 500)),
  picturesRefused('a gateway answered 422 with a list of details', 'variation',
    answered(422, { detail: [{
      loc: ['body', 'messages', 4, 'content', 0, 'type'], msg: "Input should be 'text'", type: 'literal_error',
      ctx: { expected: "'text'" }, input: 'image_url',
    }] })),
  picturesRefused('a model answered that it is not multimodal', 'variation',
    answered(400, { object: 'error', message: 'some-model is not a multimodal model', type: 'BadRequestError' })),
  picturesRefused('a gateway answered 413 with a string: no images for this model', 'variation',
    answered(413, { error: 'This model does not support images. Remove them from the conversation.' })),
  {
    saw: 'a picture was sent to a text-only model', env: { AI_PROVIDER: 'deepseek' }, text: 'fine', calls: 1,
    source: 'farion1231/cc-switch#3540, Wei-Shaw/sub2api#5519',
    upstream: (sent) => unless(picturesOf(sent).length > 0, refused(UNKNOWN_VARIANT)),
    requests: [codex([user('look'), ...viewed()], { model: 'deepseek-v4-pro' })],
    check: ({ last }) => assertNoBase64(last),
  },
  {
    saw: 'the base64 of a picture in the text of a result filled the context',
    source: 'Wei-Shaw/sub2api#4956', env: { AI_PROVIDER: 'moonshot' }, upstream: () => say(),
    requests: [codex([
      user('look'), call('call_v', { path: 'p.png' }, 'view_image'), call('call_w'),
      result('call_v', [{ type: 'input_image', image_url: PNG }]), result('call_w', 'a.txt'),
    ], { model: 'kimi-k3' })],
    check: ({ last }) => {
      assert.equal(picturesOf(last).length, 1);
      assertNoBase64(last);
    },
  },
  ...['original', 'ultra'].map((detail): Report => ({
    saw: `a picture from a tool with detail "${detail}" was rejected in every later turn`, text: 'fine', calls: 1,
    source: detail === 'original' ? 'farion1231/cc-switch#7476, farion1231/cc-switch#7555' : 'variation',
    upstream: (sent) => unless(
      picturesOf(sent).some(({ image_url: { detail: sentDetail = 'auto' } }) => !/^(auto|low|high)$/.test(sentDetail)),
      refused('image_detail is invalid', { param: 'messages.4.content' })),
    requests: [codex([user('look'), ...viewed('call_v', detail)], { model: 'step-3' })],
    check: ({ last }) => assert.equal(picturesOf(last).length, 1),
  })),
]);

/** Two consecutive user messages are rejected: three calls for two turns, and nothing is lost. */
const alternationDemanded = (saw: string, source: string, refusal: ReportedAnswer, provider = 'vllm'): Report => ({
  saw, source, env: { AI_PROVIDER: provider }, text: 'fine', calls: 3,
  upstream: (sent) => unless(
    messagesOf(sent).some(({ role }, index, all) => role === 'user' && all[index - 1]?.role === 'user'), refusal),
  requests: [[user('one')], [user('one'), said('fine'), developer('mode changed'), user('two')]]
    .map((input) => codex(input, { model: 'gemma-3-27b-it' })),
  check: ({ last }) => {
    for (const text of ['environment_context', 'mode changed', 'one', 'two']) assert.ok(last.raw.includes(text), text);
  },
});

testReports('roles', [
  alternationDemanded(
    'a model whose roles must alternate could not be used at all',
    'vllm-project/vllm#6862, suitenumerique/conversations#197, dnakov/anon-kode#60',
    answered(400, {
      object: 'error', type: 'BadRequestError', param: null, code: 400,
      message: 'After the optional system message, conversation roles must alternate user/assistant/user/assistant/...',
    }),
  ),
  alternationDemanded('a template raised an error as a 500: roles must alternate', 'variation',
    refused('Jinja Exception: Conversation roles must alternate user/assistant/user/assistant/...',
      { code: 500, type: 'server_error' }, 500), 'llama-cpp'),
  alternationDemanded('a host rejected consecutive messages of one role with 422', 'variation',
    answered(422, { detail: 'messages: consecutive user messages are not allowed' })),
  alternationDemanded('a provider rejected two messages with the same role', 'variation',
    answered(400, { error: 'messages[3] and messages[4] have the same role "user"' })),
  {
    saw: 'a prompt directly after a result was rejected as an unexpected role', source: 'variation', text: 'fine',
    calls: 2,
    upstream: (sent) => unless(
      messagesOf(sent).some(({ role }, index, all) => role === 'user' && all[index - 1]?.role === 'tool'),
      answered(400, { object: 'error', message: "Unexpected role 'user' after role 'tool'", code: '3230' })),
    requests: [codex([user('one'), call('call_1'), result('call_1', 'a'), user('two')])],
  },
  {
    saw: 'a message with the role developer was rejected with 422', source: 'variation', text: 'fine',
    upstream: (sent) => unless(messagesOf(sent).some(({ role }) => role === 'developer'), answered(422, {
      detail: [{
        loc: ['body', 'messages', 0, 'role'], msg: "Input should be 'system', 'user', 'assistant' or 'tool'",
      }],
    })),
    requests: [codex([user('one')])],
  },
  {
    saw: 'a second system message was rejected: it must be at the beginning', source: 'variation', text: 'fine',
    upstream: (sent) => unless(
      messagesOf(sent).some(({ role }, index) => role === 'system' && index > 0),
      refused('System message must be at the beginning.', { type: 'BadRequestError', code: 400 })),
    requests: [codex([user('one'), said('fine'), developer('mode changed'), user('two')])],
    check: ({ last }) => assert.match(last.raw, /mode changed/),
  },
]);

/** /compact sends a history with tool calls, but no tools. */
const compaction = (saw: string, source: string, refusal: ReportedAnswer): Report => ({
  saw, source, text: 'fine', calls: 2,
  upstream: (sent) => unless(
    !sent.body.tools?.length && (callsOf(sent).length > 0 || messagesOf(sent).some(({ role }) => role === 'tool')),
    refusal),
  requests: [codex([
    user('one'), call('call_1'), result('call_1', 'a'), said('done'),
    user('You are performing a CONTEXT CHECKPOINT COMPACTION. Create a handoff summary.'),
  ], { model: 'anthropic/claude-sonnet', tools: [] })],
});

testReports('a tool history without tools', [
  compaction(
    '/compact failed exactly when it was needed: toolConfig must be defined',
    'BerriAI/litellm#31400, anomalyco/opencode#10259, anomalyco/opencode#34089',
    refused('bedrock error: The toolConfig field must be defined when using toolUse and toolResult content blocks.',
      { code: '400' }),
  ),
  compaction('/compact failed: the gateway requires tools= with a history of calls', 'variation',
    refused("litellm.UnsupportedParamsError: Bedrock doesn't support tool calling without `tools=` param specified.",
      { code: '400' })),
  compaction('/compact failed with 422: tool blocks need tools', 'variation',
    answered(422, { detail: 'Requests which include `tool_use` or `tool_result` blocks must define `tools`.' })),
]);
