// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.range;

/** A hold's place in one of the lists of the lock's table, or the head of such a list. */
final class Link {
    final Hold hold;
    /** The stripe for which the hold is in the list; two stripes may share one list. */
    long stripe;

    Link previous = this;
    Link next = this;

    Link(Hold hold) {
        this.hold = hold;
    }

    static Link head() {
        return new Link(null);
    }

    void insertBefore(Link place, long ofStripe) {
        stripe = ofStripe;
        previous = place.previous;
        next = place;
        previous.next = this;
        place.previous = this;
    }

    void remove() {
        previous.next = next;
        next.previous = previous;
        previous = this;
        next = this;
    }
}
