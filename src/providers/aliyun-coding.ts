/** Alibaba Cloud Coding Plan. Facts and their evidence: upstreams.md, sections 1.1 and (a). */
import type { Model, Provider } from './provider';

const THINKING_EFFORTS = ['none', 'low', 'medium', 'high'] as const;
const TOGGLE = ['none', 'high'] as const;

const model = (id: string, name: string, contextWindow: number, maxOutput: number, rest: Partial<Model> = {}): Model => ({
  id, name, contextWindow, maxOutput, input: ['text'], efforts: [], evidence: 'documented', ...rest,
});

const thinks = { thinking: { kind: 'enable_thinking' }, toolChoice: 'auto-only', preserveThinking: true } as const;
const plain = { thinking: { kind: 'none' }, reasoningReplay: 'none', toolChoice: 'any', preserveThinking: false } as const;
const NO_REASONING = '(reasoning not kept)';
const sees = ['text', 'image'] as const;

/** Ten models, one key per account, requests counted rather than tokens. */
export const aliyunCoding: Provider = {
  name: 'aliyun-coding',
  title: 'Alibaba Cloud Coding Plan',
  baseUrls: ['https://coding.dashscope.aliyuncs.com/v1', 'https://coding-intl.dashscope.aliyuncs.com/v1'],
  keyEnv: ['DASHSCOPE_API_KEY'],
  docs: 'https://help.aliyun.com/zh/model-studio/coding-plan',
  defaultModel: 'qwen3.7-plus',
  dialect: {
    forbiddenToolNames: ['search'],
    user: false,
    logitBias: false,
    responseFormat: 'prompt',
    webSearch: 'enable_search',
    ...thinks,
  },
  models: [
    model('qwen3.7-plus', 'Qwen3.7 Plus', 983_616, 65_536, { input: sees, efforts: THINKING_EFFORTS }),
    model('qwen3.6-plus', 'Qwen3.6 Plus', 983_616, 65_536, { input: sees, efforts: THINKING_EFFORTS }),
    model('qwen3.5-plus', 'Qwen3.5 Plus', 983_616, 65_536, { input: sees, efforts: THINKING_EFFORTS }),
    model('qwen3-max-2026-01-23', 'Qwen3 Max', 262_144, 32_768, { efforts: THINKING_EFFORTS }),
    model('qwen3-coder-next', 'Qwen3 Coder Next', 262_144, 65_536, { dialect: plain }),
    model('qwen3-coder-plus', 'Qwen3 Coder Plus', 983_616, 65_536, { dialect: plain }),
    model('glm-5', 'GLM-5', 202_752, 16_384, { efforts: TOGGLE }),
    model('glm-4.7', 'GLM-4.7', 202_752, 16_384, { efforts: TOGGLE }),
    model('kimi-k2.5', 'Kimi K2.5', 262_144, 32_768, { input: sees, efforts: TOGGLE, dialect: { sampling: false, reasoningPlaceholder: NO_REASONING } }),
    model('MiniMax-M2.5', 'MiniMax M2.5', 196_608, 24_576, { efforts: ['high'], dialect: { thinking: { kind: 'none' } } }),
  ],
};
