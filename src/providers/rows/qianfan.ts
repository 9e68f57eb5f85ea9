/** Baidu Qianfan. Facts: upstreams.md, sections 2 and 7, and the reports named here. */
import { CORE_FIELDS_ONLY, type Provider } from '../provider';

/** Serves models of many makers; which ones its plans include is not known. */
export const qianfan: Provider = {
  name: 'qianfan',
  aliases: ['baidu'],
  title: 'Baidu Qianfan',
  // Reported: GCMP#293 and picoclaw#2079.
  baseUrls: [
    'https://qianfan.baidubce.com/v2/tokenplan/personal',
    'https://qianfan.baidubce.com/v2/coding',
    'https://qianfan.baidubce.com/v2',
  ],
  keyEnv: ['QIANFAN_API_KEY'],
  keyShape: { pattern: /^bce-v3\//, advice: 'Keys of Qianfan start with bce-v3/; yours does not.' },
  // Reported: picoclaw#2079.
  errors: [{ kind: 'model_not_found', pattern: /coding_plan_model_not_supported/ }],
  docs: 'https://cloud.baidu.com/doc/qianfan-api/s/3m9b5lqft',
  remarks: [
    'The addresses are for the Token Plan, the Coding Plan and pay as you go, in this order.',
    'The Coding Plan calls its current model `qianfan-code-latest`.',
    'Its page for Codex users is about version 0.80 and Chat Completions.',
  ],
  dialect: {
    ...CORE_FIELDS_ONLY,
    // Documented.
    thinking: { kind: 'thinking', on: 'enabled' },
    responseFormat: 'prompt',
  },
  models: [],
};
