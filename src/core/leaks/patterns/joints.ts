/** Places of a text at which pieces of it were put together: a token may begin and end there, whatever stands beyond. */
export class Joints {
  #places: number[] = [];

  /** Later than those before. */
  add(place: number): void {
    this.#places.push(place);
  }

  has(place: number): boolean {
    return this.#places[this.#from(place)] === place;
  }

  /** Those behind `start` and before `end`, in order. */
  inside(start: number, end: number): readonly number[] {
    return this.#places.slice(this.#from(start + 1), this.#from(end));
  }

  /** Forgets those before a place. */
  dropTo(place: number): void {
    const index = this.#from(place);
    // Now and then, so that each is moved a constant number of times.
    if (index > 64 && index * 2 > this.#places.length) this.#places = this.#places.slice(index);
  }

  clear(): void {
    if (this.#places.length > 0) this.#places = [];
  }

  /** The index of the first that is not before a place. */
  #from(place: number): number {
    let low = 0;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#places[middle] as number) < place) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
