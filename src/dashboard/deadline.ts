/** `work`, or `late` when it takes longer than `ms` milliseconds: it is not waited for any more, and what it says then is lost. */
export function within<T, L>(work: Promise<T>, ms: number, late: L): Promise<T | L> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(late), ms);
    const done = () => clearTimeout(timer);
    work.then(resolve, reject).finally(done);
  });
}
