/** How `npm run sanitize` distinguishes the addon's reports from Node's and LibTorch's. */
import { expect, it } from 'vitest';

const { readReports } = (await import(new URL('../../scripts/sanitize/reports.mjs', import.meta.url).href)) as {
  readReports(text: string): { ours: string[]; others: string[] };
};

const asan = (frame: string) => `=================================================================
==12==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000014
READ of size 4 at 0x602000000014 thread T0
    #0 0x7f1 in __interceptor_memcpy
    #1 0x7f2 in ${frame}

0x602000000014 is located 0 bytes to the right of 4-byte region
`;
const valgrind = (frame: string) => `==7== Conditional jump or move depends on uninitialised value(s)
==7==    at 0x1: f (in ${frame})
==7== 
==7== HEAP SUMMARY: torchloss.node
`;

it('counts a report with a frame of the addon as ours', () => {
  const { ours, others } = readReports(
    asan('torchloss::from_bytes (/a/build/torchloss.node+0x1)') + asan('at::native::add (/lib/libtorch_cpu.so+0x2)'),
  );
  expect([ours.length, others.length]).toEqual([1, 1]);
  expect(ours[0]).toContain('heap-buffer-overflow');
  expect(others[0]).toContain('libtorch_cpu.so');
});

it("recognises undefined behaviour by its source, and reads no further than valgrind's report", () => {
  const undefinedBehaviour =
    '../../binding/tensor/tensor.cpp:40:12: runtime error: signed integer overflow: 1 + 2\n    #0 0x1 in f\n';
  expect(readReports(undefinedBehaviour).ours).toHaveLength(1);
  expect(readReports('/usr/include/ATen/core/List.h:1: runtime error: x\n    #0 in g (/lib/libc10.so)\n').ours).toEqual(
    [],
  );
  expect(readReports(valgrind('/usr/lib/libtorch_cpu.so')).ours).toEqual([]);
  expect(readReports(valgrind('/a/torchloss.node')).ours).toHaveLength(1);
  const collector = valgrind('/usr/bin/node)\n==7==    by 0x2: g (in /a/torchloss.node');
  expect(readReports(collector).ours).toEqual([]);
  expect(readReports('')).toEqual({ ours: [], others: [] });
});
