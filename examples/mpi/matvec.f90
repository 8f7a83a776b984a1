! Matrix times vector, 11 x 5, by blocks of rows: each rank has some rows of the matrix and the whole vector, and
! computes as many values of the product. The answer is the same for any number of ranks: each row is summed by one.
program matvec
  use, intrinsic :: iso_fortran_env, only: real64
  use mpi_f08
  implicit none

  integer, parameter :: rows = 11, columns = 5
  ! Fortran keeps columns together. What is sent are rows: so each row of the matrix is a column here.
  real(real64) :: matrix(columns, rows), vector(columns), product(rows)
  real(real64), allocatable :: block(:, :), part(:)
  integer, allocatable :: counts(:), starts(:)
  integer :: rank, size, i, j

  call MPI_Init()
  call MPI_Comm_rank(MPI_COMM_WORLD, rank)
  call MPI_Comm_size(MPI_COMM_WORLD, size)

  ! Only rank 0 has the data.
  if (rank == 0) then
    do i = 1, rows
      matrix(:, i) = [(real(i, real64) + real(j, real64) / 10, j = 1, columns)]
    end do
    vector = [1, -2, 3, -4, 5]
  end if

  ! Rows of each rank: one more for the first ones if the ranks do not divide them, none for ranks beyond the eleventh.
  counts = [(rows / size + merge(1, 0, i < mod(rows, size)), i = 0, size - 1)]
  starts = [(sum(counts(1:i)), i = 0, size - 1)]
  allocate (block(columns, counts(rank + 1)), part(counts(rank + 1)))

  call MPI_Bcast(vector, columns, MPI_DOUBLE_PRECISION, 0, MPI_COMM_WORLD)
  call MPI_Scatterv(matrix, columns * counts, columns * starts, MPI_DOUBLE_PRECISION, &
                    block, columns * counts(rank + 1), MPI_DOUBLE_PRECISION, 0, MPI_COMM_WORLD)

  do i = 1, counts(rank + 1)
    part(i) = dot_product(block(:, i), vector)
  end do

  call MPI_Gatherv(part, counts(rank + 1), MPI_DOUBLE_PRECISION, &
                   product, counts, starts, MPI_DOUBLE_PRECISION, 0, MPI_COMM_WORLD)

  if (rank == 0) print '("row ", i2, f8.2)', (i, product(i), i = 1, rows)
  call MPI_Finalize()
end program matvec
