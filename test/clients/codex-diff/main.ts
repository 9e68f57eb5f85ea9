/**
 * `npm run codex-diff -- OLD NEW`: compares the requests of two versions of Codex in the same scenarios. An unexplained
 * difference (explained.ts) causes exit code 1.
 */
import { captureScenarios } from './capture';
import { compareScenarios, renderDifferences } from './compare';

async function main([older, newer]: readonly string[]): Promise<number> {
  if (older === undefined || newer === undefined) {
    console.error('Usage: npm run codex-diff -- OLD NEW\nExample: npm run codex-diff -- 0.169.0 0.171.0');
    return 2;
  }
  const differences = compareScenarios(await captureScenarios(older), await captureScenarios(newer));
  console.log(renderDifferences(differences));
  return differences.some(({ why }) => why === undefined) ? 1 : 0;
}

void main(process.argv.slice(2)).then((code) => (process.exitCode = code));
