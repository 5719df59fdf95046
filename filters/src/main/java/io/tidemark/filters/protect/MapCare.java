// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.bitmap.BlockSet;
import io.tidemark.disk.ImageException;
import io.tidemark.filters.capture.Capture;
import io.tidemark.filters.intent.Intent;
import io.tidemark.filters.intent.IntentListener;
import io.tidemark.filters.intent.IntentMap;
import java.io.IOException;
import java.time.Duration;
import java.util.BitSet;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tends a disk's intent map, from one recording to the next, on the protection thread: closes regions that nobody has changed for
 * a while, and clears their bits when the history has durably all that was changed there, and the image was flushed
 * since. Without a map the whole disk is compared at each beginning.
 */
final class MapCare {
    private static final Logger LOG = LoggerFactory.getLogger(MapCare.class);

    /** How long a write of the map may take before the guest goes on without it. */
    private static final Duration STALL = Duration.ofSeconds(5);

    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration LOOK_SOON = Duration.ofMillis(50);

    private final String disk;
    private final Optional<OpenIntent> place;
    private final DiskReader reader;
    private final Duration round;

    private volatile IntentMap map;
    private volatile boolean shared;

    /** The number of the process that the disk is by now, which is told by the map where it may differ from the history; or 0. */
    private volatile int handedTo;

    /** This process' number as the heir of a map, whoever has left it: changes since are noted. Until one was opened, or forgotten; or 0. */
    private int heir;

    /** Changes pass the map by, so nobody may say that it is to be believed. Under this lock, with what the map says. */
    private boolean passedBy;

    private SyncPlan plan;
    /** A map may lie about that says something else than it should: it was not to be written any more. */
    private boolean distrust;

    private static final long UNKNOWN = -1;

    private BitSet closed;
    /** Where in the capture ring the last of their changes is, and in the log, once that is known. */
    private long lastPlace;

    private long lastTold;
    private long roundDue;

    MapCare(String disk, Optional<OpenIntent> place, DiskReader reader, Duration round) {
        this.disk = disk;
        this.place = place;
        this.reader = reader;
        this.round = round;
    }

    /** The disk was handed to this process: the first map may be believed, but not before {@link #believe}. */
    void inherit(int number) {
        heir = number;
    }

    /** Opens the map for a session, or does without. */
    void begin(Session session, IntentListener listener) {
        int number = heir;
        boolean inherited = number != 0;
        heir = 0;
        long capacity = reader.capacity();
        plan = new SyncPlan(capacity);
        if (place.isEmpty() || session.number() == 0) {
            return;
        }
        Session known = distrust ? new Session(session.history(), 0, session.number()) : session;
        try {
            IntentMap opened = place.get().open(known, capacity, number);
            boolean trusted = opened.isTrusted();
            SyncPlan needed = trusted ? new SyncPlan(capacity, opened.stretches()) : plan;
            opened.begin(session.number(), !inherited && !shared, listener);
            use(opened, inherited);
            plan = needed;
            distrust = false;
            roundDue = System.nanoTime() + round.toNanos();
        } catch (IOException e) {
            LOG.warn(
                    "disk {}: its intent map can't be kept ({}): look after the state folder; until then each start compares"
                            + " the whole disk",
                    disk,
                    e.getMessage());
            forget(); // it doesn't know of this session, and the history may come to lose it
        }
    }

    private synchronized void use(IntentMap opened, boolean passed) {
        passedBy = passed;
        map = opened;
        if (opened != null && shared) {
            opened.declare(false);
        }
    }

    private synchronized boolean isPassedBy() {
        return passedBy;
    }

    /** An inherited map names from now on what was changed before capture was in the way, too, and is to be believed. */
    void believe(BlockSet changed) {
        if (map == null || !flushed()) { // what the former process has cleared it has not flushed
            return;
        }
        synchronized (this) {
            passedBy = !map.declare(!shared, changed);
        }
    }

    Intent intent() {
        return map == null ? Intent.NONE : map;
    }

    /** What has to be compared. */
    SyncPlan plan() {
        return plan;
    }

    /**
     * Lets the guest go on if the map's file doesn't answer.
     *
     * @throws IllegalStateException then: the history must begin another session, without it
     */
    void watch() {
        if (map != null && map.isStalled(STALL)) {
            map.abandon();
            throw new IllegalStateException(
                    "its intent map has not been written for " + STALL.toSeconds() + " s: look after the state folder");
        }
    }

    /** A step of care, while the disk is protected. @return how long until the next */
    Duration tend(Recording now) throws InterruptedException {
        if (map == null) {
            return round;
        }
        if (closed == null) {
            if (System.nanoTime() - roundDue >= 0) {
                close(now.capture());
            }
        } else if (now.capture().isLosing()) {
            leave();
        } else if (lastTold == UNKNOWN && now.capture().isHandled(lastPlace)) {
            // Not a write's number: what a sync has read there has none.
            lastTold = now.opened().log().told();
        } else if (lastTold != UNKNOWN && now.opened().log().isDurable(lastTold)) {
            clear(now.capture());
        }
        return closed != null || round.compareTo(LOOK) < 0 ? LOOK_SOON : LOOK;
    }

    private void close(Capture capture) throws InterruptedException {
        roundDue = System.nanoTime() + round.toNanos();
        BitSet unused = map.closeUnused();
        if (unused.isEmpty()) {
            return;
        }
        try {
            // Who saw them open has begun by now: when that has ended, it is in the ring.
            Waiting.on(capture.settle());
            lastPlace = capture.published();
            lastTold = UNKNOWN;
            closed = unused;
        } finally {
            if (closed == null) {
                map.reopen(unused);
            }
        }
    }

    private void clear(Capture capture) {
        try {
            reader.flush();
        } catch (ImageException e) {
            LOG.warn("disk {}: {}; what may differ stays in its intent map", disk, e.getMessage());
            leave();
            return;
        }
        // After the flush: a change that failed, or was lost, before its region was closed has told by now.
        if (capture.isLosing()) {
            leave();
        } else {
            map.clear(closed);
            closed = null;
        }
    }

    /** Clears nothing this time. */
    void leave() {
        if (closed != null) {
            map.reopen(closed);
            closed = null;
        }
    }

    /**
     * Others may change the disk now, or not any more. From any thread.
     *
     * @return false if others may not, for the map can't be told
     */
    synchronized boolean shared(boolean withOthers) {
        shared = withOthers;
        // A wish that came too late for who waited may have been fulfilled since: that it isn't to be believed is said
        // in any case.
        if (map == null || !withOthers && passedBy) {
            return true;
        }
        return map.declare(!withOthers) || !withOthers;
    }

    /** An heir of this number has it. From any thread. */
    void handedOver(int number) {
        handedTo = number;
    }

    /** Changes are going to be noted, by this process, until it opens the map again: so that one will be believed. */
    synchronized void noteInstead() {
        boolean complete = map != null && !passedBy;
        mistrust();
        heir = complete && !distrust ? IntentMap.newHeir() : 0;
    }

    /** Changes are going to pass the map by. */
    synchronized void mistrust() {
        passedBy = true;
        if (map != null && !map.declare(false)) {
            distrust = true;
        }
    }

    /**
     * No map is open, and the image may be changed from now on: what lies there from a former recording, of this process or
     * another, must not be believed.
     */
    void forget() {
        heir = 0;
        if (map != null || place.isEmpty()) {
            return;
        }
        try {
            place.get().forget();
        } catch (IOException e) {
            distrust = true;
            LOG.warn(
                    "disk {}: its intent map can't be removed ({}): look after the state folder; if this agent dies before"
                            + " the disk is protected, delete the map",
                    disk,
                    e.getMessage());
        }
    }

    /** Nothing goes through the map any more. @param equal whether image and history hold the same, and no more changes come */
    void end(boolean equal) {
        if (map == null) {
            return;
        }
        closed = null;
        IntentMap last = map;
        boolean mistrusted = isPassedBy();
        use(null, false);
        if (heir != 0) {
            last.closeForHeir(false, heir);
        } else if (handedTo != 0 && !mistrusted) {
            last.closeForHeir(equal, handedTo);
        } else if (equal && !shared && flushed()) {
            last.closeClean(place.orElseThrow().image());
        } else {
            last.close();
        }
    }

    /** Loops may go through the map for good: they must not wait for it, and it must not be believed. */
    void forsake() {
        mistrust();
        heir = 0;
        if (map != null) {
            map.abandon();
        }
        end(false);
    }

    private boolean flushed() {
        try {
            reader.flush();
            return true;
        } catch (ImageException e) {
            LOG.warn("disk {}: {}; what may differ stays in its intent map", disk, e.getMessage());
            return false;
        }
    }
}
