// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.range;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.disk.StepLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** The lock does what a list of claims in order of arrival would do. */
class RangeLockProperty {
    private static final int LOOPS = 3;
    private static final int REQUESTS = 8;
    private static final long UNIT = 256 << 10; // a quarter of a stripe

    private record Claim(int who, long offset, long end) {
        boolean overlaps(Claim other) {
            return offset < other.end && other.offset < end;
        }
    }

    private final List<Claim> model = new ArrayList<>();

    private Set<Integer> holders() {
        Set<Integer> holders = new TreeSet<>();
        for (int i = 0; i < model.size(); i++) {
            Claim claim = model.get(i);
            if (model.subList(0, i).stream().noneMatch(claim::overlaps)) {
                holders.add(claim.who);
            }
        }
        return holders;
    }

    @Property(tries = 500)
    void behavesAsAListOfClaims(
            @ForAll @Size(min = 1, max = 120) List<@IntRange(min = 0, max = 1 << 20) Integer> choices) {
        model.clear();
        RangeLock lock = new RangeLock();
        Set<Integer> granted = new TreeSet<>();
        List<StepLoop> loops = new ArrayList<>();
        List<RangeLock.Lane> lanes = new ArrayList<>();
        for (int i = 0; i < LOOPS; i++) {
            int loop = i;
            loops.add(new StepLoop(REQUESTS));
            lanes.add(lock.lane(
                    loops.get(i),
                    id -> assertThat(granted.add(loop * REQUESTS + id)).isTrue()));
        }
        for (int choice : choices) {
            int who = choice % (LOOPS * REQUESTS);
            RangeLock.Lane lane = lanes.get(who / REQUESTS);
            if (granted.remove(who)) {
                model.removeIf(claim -> claim.who == who);
                lane.release(who % REQUESTS);
            } else if (model.stream().noneMatch(claim -> claim.who == who)) {
                int place = choice / (LOOPS * REQUESTS);
                // every other place lies 512 stripes further on, in the same lists of the table
                long offset = (place % 24) * UNIT + (place % 2) * (512L << 20);
                long length = place % 7 == 0 ? 13 * UNIT : 1 + (place / 24 % 6) * UNIT;
                Claim claim = new Claim(who, offset, offset + length);
                boolean free = model.stream().noneMatch(claim::overlaps);
                model.add(claim);
                assertThat(lane.acquire(who % REQUESTS, offset, length)).isEqualTo(free);
                if (free) {
                    granted.add(who);
                }
            }
            loops.forEach(StepLoop::runAll);
            assertThat(granted).isEqualTo(holders());
        }
    }
}
